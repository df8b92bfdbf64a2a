import { datasetSyncs } from './scenarios/dataset-syncs.ts';
import { datasetValues } from './scenarios/dataset-values.ts';
import { playInNode } from './scenarios/node-place.ts';

playInNode([...datasetValues, ...datasetSyncs]);
