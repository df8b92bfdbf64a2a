interface ErrorRow {
  readonly status: number;
  /** Whose mistake it is: `server` errors are logged as errors, `client` errors are not. */
  readonly fault: 'client' | 'server';
  /** What it is called in the JSON protocols, where that is not its own name. */
  readonly jsonName?: string;
  /** Its name in the 2014 reference's list of common errors, used where a request came as query parameters. */
  readonly queryName?: string;
  readonly queryStatus?: number;
  /** Its name where answers are XML, when that is not the one of the query form. */
  readonly xmlName?: string;
  readonly xmlStatus?: number;
  readonly doc: string;
}

const client = (
  status: number,
  doc: string,
  names: Pick<ErrorRow, 'jsonName' | 'queryName' | 'queryStatus' | 'xmlName' | 'xmlStatus'> = {},
) => ({ status, fault: 'client', doc, ...names }) as const;
const server = (status: number, doc: string, names: { queryName?: string } = {}) =>
  ({ status, fault: 'server', doc, ...names }) as const;

/** Every error that anybody outside can see. The only place where an error has a status. */
export const errors = {
  // Declared by operations of Cognito Sync, Cognito Identity or STS.
  AccessDeniedException: client(403, 'A policy refuses the caller.', { xmlName: 'AccessDenied' }),
  AlreadyStreamedException: client(400, 'A bulk publish succeeded less than 24 hours ago.'),
  ConcurrentModificationException: client(400, 'Two changes to one configuration met.'),
  DeveloperUserAlreadyRegisteredException: client(
    400,
    "The developer's user belongs to another identity already.",
  ),
  DuplicateRequestException: client(400, 'A bulk publish of the pool is running.'),
  ExpiredTokenException: client(403, 'The temporary credentials, or the OpenID token, have expired.', {
    queryName: 'InvalidClientTokenId',
    xmlName: 'ExpiredTokenException',
    xmlStatus: 400,
  }),
  ExternalServiceException: client(400, 'A login provider did not answer; try again.'),
  InternalErrorException: server(500, 'The server failed; its log says why, under the request id.', {
    queryName: 'InternalFailure',
  }),
  InvalidConfigurationException: client(400, 'Push sync is not set up for the platform.'),
  InvalidIdentityPoolConfigurationException: client(400, 'The pool is not set up for this kind of identity.'),
  InvalidIdentityTokenException: client(400, 'The OpenID token proves nothing; the message says why.', {
    xmlName: 'InvalidIdentityToken',
  }),
  InvalidLambdaFunctionOutputException: client(400, 'The SyncTrigger function failed or answered rubbish.'),
  InvalidParameterException: client(400, 'A value is not acceptable; the message says which and why.', {
    queryName: 'ValidationError',
  }),
  // In the API reference and the guide; the models that SDKs are made from have lost it.
  LambdaSocketTimeoutException: client(400, 'The SyncTrigger function did not answer within 5 seconds.'),
  LambdaThrottledException: client(429, 'The SyncTrigger function is throttled; try again.'),
  LimitExceededException: client(400, 'A quota would be exceeded.'),
  NotAuthorizedException: client(403, 'The credentials are not for this operation or not for this identity.'),
  ResourceConflictException: client(409, 'The record has changed since the sync count that was sent.'),
  ResourceNotFoundException: client(404, 'There is no such pool, identity, dataset or device.'),
  TooManyRequestsException: client(429, 'Too many requests; try again later.', {
    queryName: 'Throttling',
    queryStatus: 400,
  }),

  // Given by the front end before an operation runs, declared by none.
  IncompleteSignatureException: client(400, 'The signature is not well-formed or leaves something out.', {
    queryName: 'IncompleteSignature',
  }),
  InvalidSignatureException: client(403, 'The signature is wrong, or too old, or for elsewhere.'),
  MissingAuthenticationTokenException: client(403, 'The request is not signed.', {
    queryName: 'MissingAuthenticationToken',
  }),
  RequestEntityTooLargeException: client(413, 'The body is longer than any legal request.'),
  RequestExpiredException: client(403, 'The request was signed more than 15 minutes before or after now.', {
    jsonName: 'InvalidSignatureException',
    queryName: 'RequestExpired',
    queryStatus: 400,
  }),
  SerializationException: client(400, 'The body is not JSON, or a value is of the wrong type.', {
    queryName: 'InvalidParameterValue',
  }),
  UnknownOperationException: client(404, 'There is no such operation.', {
    queryName: 'InvalidAction',
    queryStatus: 400,
  }),
  UnrecognizedClientException: client(403, 'The access key or the session token is not known here.', {
    queryName: 'InvalidClientTokenId',
  }),
  ValidationException: client(400, 'A value breaks a constraint; the message says which.'),

  // Known to the 2014 reference's query form only, under these very names.
  InvalidParameterCombination: client(400, 'Parameters that must not be used together were.'),
  InvalidQueryParameter: client(400, 'A parameter is given twice or is malformed.'),
  MalformedQueryString: client(404, 'The query string contains a syntax error.'),
  MissingAction: client(400, 'The request names no action.'),
  MissingParameter: client(400, 'A required parameter is missing.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof errors;

export function errorRow(name: ErrorName): ErrorRow {
  return errors[name];
}

/** An answer other than success. The message goes to the caller; the cause only to the log. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorName;

  constructor(code: ErrorName, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
