/** Making what may have to be loaded first. */
import { type AnyRegistry, NeusimError, type Ref } from '@neusim/registry';

/** What `make` returns, called again after each definition that it turned out to need has been loaded. */
export async function whenReady<T>(registry: AnyRegistry, make: () => T): Promise<T> {
  for (;;) {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof NeusimError) || error.code !== 'REGISTRY_NOT_READY') throw error;
      await registry.ready(error.data.key as Ref);
    }
  }
}
