// Data that several learners are tested on: opened once for all that want the same.

import { type NamedData, type OpenPool, openPool } from './few-shot-data';

export interface SharedPools {
  /** As `openPool`; what it gives is not closed before all are. */
  readonly open: typeof openPool;
  close(): Promise<void>;
}

export function sharedPools(): SharedPools {
  const opened: { data: string; part: Parameters<typeof openPool>[3]; pool: OpenPool }[] = [];
  return {
    async open(terminal, registry, given, part) {
      const data = keyOf(given);
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

/** Whatever the order in which its options were named. */
const keyOf = ({ name, options, folder, division }: NamedData) =>
  JSON.stringify([name, Object.entries(options).sort(), folder, division]);
