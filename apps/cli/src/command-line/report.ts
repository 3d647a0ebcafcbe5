import { report } from '../commands/report';
import type { AddCommand } from './add-command';

export const addReport: AddCommand = ({ command, done, terminal }) => {
  command('report', 'make the report of a run anew, or one report of several', [
    'report runs/mine',
    'report runs/a runs/b --out both.html',
    'report runs/compare/*/seed-1 --out seed-1.html',
  ])
    .argument('<run...>', 'folders with a report.json')
    .option('--out <file>', "the page (default: report.html, of one run in the run's folder)")
    .action(async (paths, options) => done(await report(terminal, paths, options)));
};
