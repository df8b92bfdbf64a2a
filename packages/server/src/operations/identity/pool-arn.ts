import { ServiceError } from '@holdall/protocol';

const poolArn = /^arn:aws[\w-]*:cognito-identity:[\w-]*:\d*:identitypool\/(?<poolId>[\w-]+:[0-9a-f-]+)$/;

/** The pool that an ARN names; pools are the only resources that have tags. */
export function poolIdOfArn(arn: string): string {
  const poolId = poolArn.exec(arn)?.groups?.poolId;
  if (poolId === undefined) {
    throw new ServiceError('InvalidParameterException', `'${arn}' is not the ARN of an identity pool`);
  }
  return poolId;
}
