import { autoSyncScenarios } from './scenarios/auto-sync.ts';
import { playInNode } from './scenarios/node-place.ts';

playInNode(autoSyncScenarios, ['memory']);
