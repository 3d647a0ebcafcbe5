// Folders of tiny pictures, a class each, that a person might have; and a small network for them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import core, { startBackend } from '@neusim/core';
import { random } from '@neusim/datasets';
import models, { disposeModel, type Model } from '@neusim/models';
import { makeFolder, modelFile } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { pngFile } from '@neusim/report';

const SIDE = 12;

/** Noisy copies of a random pattern each, 12×12 grey PNGs. @param counts of each class. */
export function writePhotos(folder: string, counts: readonly number[]): void {
  for (const [label, count] of counts.entries()) {
    const own = join(folder, `class-${label}`);
    mkdirSync(own, { recursive: true });
    for (let index = 0; index < count; index++) {
      const [pattern, noise] = [random(1, 99, label), random(2, 99, 1000 * label + index)];
      const pixels = Uint8Array.from({ length: SIDE * SIDE }, () => {
        const value = (pattern() & 255) + ((noise() & 255) - 128);
        return Math.max(0, Math.min(255, value));
      });
      writeFileSync(join(own, `${index}.png`), pngFile(SIDE, SIDE, pixels));
    }
  }
}

/** Omniglot's 20 official runs of 20 classes, as they are unpacked: 12×12 grey PNGs. */
export function writeOfficialRuns(folder: string): void {
  const two = (number: number) => String(number).padStart(2, '0');
  const picture = (seed: number) => {
    const byte = random(3, 99, seed);
    return pngFile(
      SIDE,
      SIDE,
      Uint8Array.from({ length: SIDE * SIDE }, () => byte() & 255),
    );
  };
  for (let number = 1; number <= 20; number++) {
    const run = `run${two(number)}`;
    for (const part of ['training', 'test']) mkdirSync(join(folder, run, part), { recursive: true });
    const lines = Array.from({ length: 20 }, (_, index) => {
      const [item, own] = [`test/item${two(index + 1)}.png`, `training/class${two(index + 1)}.png`];
      for (const path of [item, own]) writeFileSync(join(folder, run, path), picture(20 * number + index));
      return `${run}/${item} ${run}/${own}`;
    });
    writeFileSync(join(folder, run, 'class_labels.txt'), `${lines.join('\n')}\n`);
  }
}

/** A saved CNN-4 of two narrow stages for images of 12×12×1, untrained. @param options of the model besides. */
export async function saveBackbone(folder: string, options: object = {}): Promise<void> {
  const registry = createRegistry(core, models);
  await startBackend(registry, 'cpu');
  const given = { inputShape: [SIDE, SIDE, 1], widths: [4, 4], classes: 3, seed: 1, ...options };
  const model = (registry.make('model', 'cnn-4', given as never) as Model).build();
  await makeFolder(folder);
  await model.save(modelFile(folder) as never);
  disposeModel(model);
}
