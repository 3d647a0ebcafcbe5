// A worker that decodes the images of a data set.

import { serveDecoder } from '@neusim/datasets';
import * as platform from '@neusim/platform';

serveDecoder(await platform.port(), platform);
