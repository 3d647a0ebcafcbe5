// Loaded before a program (`node --import`): kills it, with SIGKILL, within the writing of one file. NEUSIM_KILL is a pattern of
// the file's path; NEUSIM_KILL_AT says where: `write`, half of the bytes are written; `rename`, all are, beside the file.
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { NEUSIM_KILL, NEUSIM_KILL_AT } = process.env;
if (NEUSIM_KILL) {
  const pattern = new RegExp(NEUSIM_KILL);
  const die = () => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  };
  const half = (data) => Buffer.from(data).subarray(0, Math.ceil(data.length / 2));
  const { open, rename, appendFile } = promises;
  promises.rename = (from, to) =>
    NEUSIM_KILL_AT === 'rename' && pattern.test(to) ? die() : rename(from, to);
  promises.appendFile = async (path, data) => {
    if (NEUSIM_KILL_AT !== 'write' || !pattern.test(path)) return appendFile(path, data);
    await appendFile(path, half(data));
    return die();
  };
  promises.open = async (path, ...more) => {
    const file = await open(path, ...more);
    if (NEUSIM_KILL_AT === 'write' && pattern.test(path)) {
      const write = file.writeFile.bind(file);
      file.writeFile = async (data) => {
        await write(half(data));
        return die();
      };
    }
    return file;
  };
  syncBuiltinESMExports();
}
