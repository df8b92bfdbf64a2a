/**
 * Where events of the server's life go. `error`: a person must look. `info`: a change of state worth reading later.
 * `debug`: each request, refusals included, since other people's mistakes are no event of ours.
 */
export interface Logger {
  error(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}
