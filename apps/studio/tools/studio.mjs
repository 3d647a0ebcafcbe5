// `npm run studio`: serves the pages while they are worked on, from the source. With --build it builds them into dist,
// with --preview it builds them and serves what a user gets. One line says where.
//   node tools/studio.mjs [--build | --preview] [--port 5173] [--host]
import { parseArgs } from 'node:util';
import { build, outFolder, preview, serveSource } from './pages.mjs';

const { values } = parseArgs({
  options: {
    build: { type: 'boolean', default: false },
    preview: { type: 'boolean', default: false },
    host: { type: 'boolean', default: false },
    port: { type: 'string', default: '5173' },
  },
});
const { host } = values;
const port = Number(values.port);

if (values.build || values.preview) await build();
if (values.build) console.log(`Built: ${outFolder}`);
else {
  const { url } = await (values.preview ? preview(outFolder, { port, host }) : serveSource({ port, host }));
  console.log(`Studio: ${url}`);
}
