import type { RunningServer } from '@holdall/server';

/** What a person who has just started the service would want to know. */
export function guide(server: RunningServer, region: string): string {
  const credentials =
    server.rootFile === undefined
      ? '  Credentials  from HOLDALL_ACCESS_KEY_ID and HOLDALL_SECRET_ACCESS_KEY'
      : `  Credentials  ${server.rootFile}`;
  return `
  Data         ${server.data}
${credentials}
  Health       ${server.url}/health

Try it with the AWS CLI, in another terminal:
${
  server.rootFile === undefined
    ? ''
    : `
  export AWS_ACCESS_KEY_ID=$(node -p 'require("${server.rootFile}").accessKeyId')
  export AWS_SECRET_ACCESS_KEY=$(node -p 'require("${server.rootFile}").secretAccessKey')`
}
  export AWS_DEFAULT_REGION=${region}

  aws --endpoint-url ${server.url} cognito-identity create-identity-pool \\
      --identity-pool-name demo --allow-unauthenticated-identities
  aws --endpoint-url ${server.url} cognito-sync list-identity-pool-usage

The README goes on from there. Ctrl+C stops the service.
`;
}
