// Data that several learners are tested on: opened once for all that want the same.

import { type OpenPool, openPool } from './few-shot-data';

export interface SharedPools {
  /** As `openPool`; what it gives is not closed before all are. */
  readonly open: typeof openPool;
  close(): Promise<void>;
}

export function sharedPools(): SharedPools {
  const opened: { data: string; part: Parameters<typeof openPool>[3]; pool: OpenPool }[] = [];
  return {
    async open(terminal, registry, given, part) {
      const data = JSON.stringify(given);
      let met = opened.find((each) => each.data === data && each.part === part);
      if (!met) {
        met = { data, part, pool: await openPool(terminal, registry, given, part) };
        opened.push(met);
      }
      return { ...met.pool, close: async () => {} };
    },
    async close() {
      for (const { pool } of opened) await pool.close();
    },
  };
}
