import { options, type RunningServer, readConfig, type ServerConfig, startServer } from '@holdall/server';
import { Command, Option } from 'commander';
import { guide } from './guide.ts';

/** `holdall serve`: flags and variables follow from the server's option table. */
export function serveCommand(): Command {
  const command = new Command('serve').description('Start the service.').showHelpAfterError(true);
  for (const option of options) {
    if (option.flag === undefined) continue;
    command.addOption(
      new Option(
        `${option.flag} <${option.placeholder}>`,
        `${option.doc} (${[option.variable, ...(option.defaultText ? [`default ${option.defaultText}`] : [])].join('; ')})`,
      ),
    );
  }
  const secrets = options.filter((option) => option.flag === undefined);
  command.addOption(new Option('--guide', 'After the start, say what to try next.'));
  command.addHelpText(
    'after',
    `\nBy environment only:\n${secrets.map((option) => `  ${option.variable}  ${option.doc}`).join('\n')}\n`,
  );
  return command.action(async ({ guide: wanted, ...flags }: Flags) => {
    const config = readConfig(flags, process.env);
    const server = await startServer(config);
    // Before the line that others wait for: who sees it may send a signal at once.
    closeOnSignal(server);
    endWhenStopped(server);
    process.stdout.write(`holdall listening on ${server.url}\n`);
    if (wanted) process.stdout.write(guide(server, config.region));
  });
}

/** A server that cannot work any more ends with 1, so that whatever supervises it starts it again. */
function endWhenStopped(server: RunningServer): void {
  void server.stopped.then(async () => {
    process.exitCode = 1;
    await server.close();
    process.exit();
  });
}

type Flags = Partial<Record<keyof ServerConfig, string>> & { guide?: boolean };

/** SIGTERM or SIGINT: stop accepting, finish what runs, exit 0. A second one ends at once. */
function closeOnSignal(server: RunningServer): void {
  let closing = false;
  const close = async () => {
    if (closing) process.exit(1);
    closing = true;
    await server.close();
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
}
