import { parseArgs } from 'node:util';
import { isOurChoice, readCaseFiles } from './case.ts';
import { writeFunctions } from './functions.ts';
import { permissionCases } from './permissions.ts';
import { Session } from './session.ts';

const usage = `npm run conformance -- --url URL [options]

  --url URL            where Cognito Sync answers
  --identity-url URL   where Cognito Identity answers (default: the same)
  --region REGION      the region to sign for (default: us-east-1)
  --only TEXT          only cases whose subject or name contains TEXT
  --seen-only          without cases that are our own choices
  --functions ARN      what the ARNs of the cases' functions begin with, to the last colon;
                       without it the cases with a function are left out
  --write-functions D  writes the modules of those functions into the folder D, and runs nothing

A developer's AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, if any) come from the environment.
`;

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    'identity-url': { type: 'string' },
    region: { type: 'string', default: 'us-east-1' },
    only: { type: 'string' },
    'seen-only': { type: 'boolean', default: false },
    functions: { type: 'string' },
    'write-functions': { type: 'string' },
  },
});
const all = [...readCaseFiles(), permissionCases()];

if (values['write-functions'] !== undefined) {
  const files = writeFunctions(
    all.flatMap(({ cases }) => cases),
    values['write-functions'],
  );
  process.stdout.write(`${files.size} functions written to ${values['write-functions']}\n`);
  process.exit(0);
}
const accessKeyId = process.env.AWS_ACCESS_KEY_ID;
const secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY;
const sessionToken = process.env.AWS_SESSION_TOKEN;

if (values.url === undefined || !accessKeyId || !secretAccessKey) {
  process.stderr.write(usage);
  process.exit(2);
}

const chosen = all.flatMap(({ subject, cases }) =>
  cases
    .filter((each) => !(values['seen-only'] && isOurChoice(each)))
    .filter((each) => !each.function || values.functions !== undefined)
    .map((each) => ({ each, title: `${subject}: ${each.name}` }))
    .filter(({ title }) => title.includes(values.only ?? '')),
);

await using session = await Session.open({
  url: values.url,
  region: values.region,
  credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  ...(values['identity-url'] !== undefined && { identityUrl: values['identity-url'] }),
  ...(values.functions !== undefined && { functionArns: values.functions }),
});

let failed = 0;
for (const { each, title } of chosen) {
  const found = await session.run(each).catch((error: unknown) => [String(error)]);
  if (found.length === 0) continue;
  failed += 1;
  process.stdout.write(`FAILED ${title} (${each.seen})\n  ${found.join('\n  ')}\n`);
}
process.stdout.write(`${chosen.length - failed} of ${chosen.length} cases passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
