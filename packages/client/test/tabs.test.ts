import { playInNode } from './scenarios/node-place.ts';
import { tabScenarios } from './scenarios/tabs.ts';

playInNode(tabScenarios);
