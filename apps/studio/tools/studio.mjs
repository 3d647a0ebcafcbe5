// `npm run studio`: serves the pages while they are worked on. With --build it builds them into dist, with --preview it
// serves what was built. One line says where.
//   node tools/studio.mjs [--build | --preview] [--port 5173] [--host] [--out dist]
import { parseArgs } from 'node:util';
import { build, configFile, outFolder, preview } from './pages.mjs';

const { values } = parseArgs({
  options: {
    build: { type: 'boolean', default: false },
    preview: { type: 'boolean', default: false },
    host: { type: 'boolean', default: false },
    port: { type: 'string', default: '5173' },
    out: { type: 'string', default: outFolder },
  },
});
const port = Number(values.port);

if (values.build) {
  await build(values.out);
  console.log(`Built: ${values.out}`);
} else if (values.preview) {
  const { url } = await preview(values.out, { port, host: values.host });
  console.log(`Studio: ${url}`);
} else {
  const { createServer } = await import('vite');
  const server = await createServer({ configFile, logLevel: 'warn', server: { port, host: values.host } });
  await server.listen();
  console.log(`Studio: ${server.resolvedUrls.local[0]}`);
}
