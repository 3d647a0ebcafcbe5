// Data that several learners are tested on: opened once for all that want the same.

import { type OpenPool, openPool } from './few-shot-data';

export interface SharedPools {
  /** As `openPool`; what it gives is not closed before all are. */
  readonly open: typeof openPool;
  close(): Promise<void>;
}

export function sharedPools(): SharedPools {
  const pools = new Map<string, Promise<OpenPool>>();
  return {
    async open(terminal, registry, data, part) {
      const key = JSON.stringify([data, part]);
      const pool = pools.get(key) ?? openPool(terminal, registry, data, part);
      pools.set(key, pool);
      return { ...(await pool), close: async () => {} };
    },
    async close() {
      for (const pool of await Promise.allSettled(pools.values()))
        if (pool.status === 'fulfilled') await pool.value.close();
    },
  };
}
