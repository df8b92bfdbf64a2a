import { describe } from 'vitest';
import { playInNode } from './scenarios/node-place.ts';
import { userCrashScenarios } from './scenarios/user-crashes.ts';
import { userScenarios } from './scenarios/users.ts';

describe('users', () => playInNode(userScenarios));
// Each plays dozens of sign-ins, and a store that waits for the disk makes them no different.
describe('crashes', () => playInNode(userCrashScenarios, ['memory']));
