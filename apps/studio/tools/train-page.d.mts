import type { Browser, Page } from 'playwright';

export type Settings = Readonly<Record<string, string | number>>;

export interface Shown {
  readonly status: string;
  readonly engine: string;
  /** '' where nothing failed. */
  readonly failure: string;
  readonly curve: string;
  readonly figures: Readonly<Record<string, string>>;
}

export const ends: readonly string[];
export function openTraining(browser: Browser, url: string, settings: Settings): Promise<Page>;
export function change(page: Page, settings: Settings): Promise<void>;
export function start(page: Page): Promise<void>;
export function waitFor(page: Page, states: readonly string[], timeout?: number): Promise<string>;
export function shown(page: Page): Promise<Shown>;
