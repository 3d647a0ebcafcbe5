/** From what was found on a machine to a probe: available, or everything that is missing and what to do about it. */
import type { Probe } from '@neusim/core';
import type { Host, Inspection } from './host';
import { LAST_NODE, type Libraries, type NativePackage } from './packages';

/** Probes the machine for a package's engine. Never throws. */
export async function diagnose(wanted: NativePackage, host: Host): Promise<Probe> {
  const libraries = wanted.libraries ? wanted.libraries[host.platform] : [];
  if (!libraries)
    return missing([`${wanted.name} has no build for ${host.platform}: use the engine node, wasm or webgpu`]);
  const path = host.resolve(wanted.name);
  const seen = await look(host, path, libraries);
  const needs: string[] = [];
  const fits = Number.parseInt(host.node, 10) <= LAST_NODE;
  if (!fits) needs.push(`use Node ${LAST_NODE} or older: tfjs-node does not run on ${host.node}`);
  if (!path) needs.push(`npm install ${wanted.name}`);
  else if (fits && seen.error) needs.push(unloadable(wanted, seen.error));
  const onGpu = seen.loaded?.gpu ?? false;
  if (!onGpu) needs.push(...absent(libraries, seen.missing));
  if (wanted.gpu && seen.loaded && !onGpu)
    needs.push(
      `${wanted.name} loads, but finds no GPU it can use and would compute on the CPU without saying so: ` +
        'for the CPU use the engine node',
    );
  if (needs.length > 0 || !seen.loaded) return missing(needs);
  const version = `libtensorflow ${seen.loaded.tensorflow}`;
  return wanted.gpu
    ? { available: true, adapter: seen.device || 'NVIDIA GPU', reason: `${version} with CUDA` }
    : { available: true, adapter: version, reason: 'native, on all cores' };
}

/** Starts no process where there is nothing to look for. */
async function look(host: Host, path: string | null, libraries: readonly Libraries[]): Promise<Inspection> {
  const files = libraries.flatMap((group) => group.files);
  if (!path && files.length === 0) return { loaded: null, error: '', missing: [], device: '' };
  return host.inspect(path, files);
}

function missing(needs: readonly string[]): Probe {
  return { available: false, adapter: '', reason: needs.join('; ') };
}

function absent(libraries: readonly Libraries[], missingFiles: readonly string[]): string[] {
  return libraries.flatMap(({ files, advice }) => {
    const gone = files.filter((file) => missingFiles.includes(file));
    return gone.length > 0 ? [`${advice}: the loader does not find ${gone.join(', ')}`] : [];
  });
}

function unloadable({ name }: NativePackage, error: string): string {
  const first = error.trim().split('\n')[0]?.trim().replace(/\.$/, '');
  return `${name} does not load (${first}): npm rebuild ${name} --build-addon-from-source`;
}
