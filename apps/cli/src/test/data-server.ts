// A server of files on this machine, with the ways in which servers fail; and a plug-in whose data set they are.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { projectFolder } from './plugin-files';

export const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves `files` by their paths; `asked` gets each path, with its range. Resolves to the URL, without a `/` at its end. */
export async function startServer(
  files: Readonly<Record<string, Uint8Array | Serve>>,
  asked: string[] = [],
): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const { range } = request.headers;
    asked.push(range === undefined ? path : `${path} ${range}`);
    const found = files[path];
    if (found === undefined) return response.writeHead(404).end('no such file');
    if (typeof found === 'function') return found(request, response);
    sendRange(found, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** From the byte that is asked for. @param until leaves out what follows, and breaks the connection */
export function sendRange(
  bytes: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  until = bytes.length,
) {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': bytes.length - from,
    etag: `"${md5(bytes)}"`,
    ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (until === bytes.length) return void response.end(bytes.subarray(from));
  response.write(bytes.subarray(from, until), () => response.destroy());
}

/** A data set `theirs` of one class, its publication as given. Returns the module's path, for `--plugin`. */
export function publishingPlugin(publication: Readonly<Record<string, unknown>>): string {
  const published = {
    name: 'their-set',
    summary: 'a test',
    dataset: { name: 'theirs' },
    files: [],
    images: 2,
    terms: { text: 'MIT' },
    citation: 'nobody',
    homepage: 'http://example.com',
    ...publication,
  };
  const source = `
const options = { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: {} }) } };
const split = () => ({ count: 1, shape: [1, 1, 1], images: Uint8Array.of(3), labels: Int32Array.of(0) });
const make = () => ({
  published: [${JSON.stringify(published)}],
  detect: async (platform, folder) =>
    (await platform.exists(platform.joinPath(folder, 'a.bin'))) ? { folder } : undefined,
  async open(platform, folder) {
    await platform.readFile(platform.joinPath(folder, 'a.bin'));
    return { name: 'theirs', shape: [1, 1, 1], classes: ['one'], train: split(), test: split() };
  },
});
const dataset = { kind: 'dataset', name: 'theirs', version: '1.0.0', summary: 'theirs', options, load: () => make };
export default { name: 'theirs', version: '1.0.0', definitions: [dataset] };
`;
  return join(projectFolder({ 'plugin.mjs': source }), 'plugin.mjs');
}
