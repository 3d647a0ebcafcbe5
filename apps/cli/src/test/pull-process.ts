// A process that pulls a data set, for tests that kill it: the publication as JSON and the folder of all data sets.

import { type Publication, pullDataset } from '@neusim/datasets/pull';
import * as platform from '@neusim/platform';

const [publication = '', into = ''] = process.argv.slice(2);
await pullDataset(platform, JSON.parse(publication) as Publication, { into });
