import { library } from '../../tools/tsup.base';

export default library('src/node.ts', 'src/browser.ts');
