import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openForWriting } from './connections.ts';
import { GroupCommit } from './group-commit.ts';
import type { Job, Reply, Request } from './messages.ts';
import { migrate } from './migrate.ts';

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

const db = openForWriting(workerData.file);
migrate(db);
const groupCommit = new GroupCommit(db);

let queue: Job[] = [];
let closing = false;

port.on('message', (request: Request) => {
  accept(request);
  while (queue.length > 0) {
    // What arrived while the disk was busy joins the next group at once, without a turn of the event loop.
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) accept(next.message);
    const reply = groupCommit.run(queue);
    queue = queue.slice(reply.kind === 'committed' ? reply.answers.length : reply.jobs);
    send(reply);
  }
  if (closing) {
    db.close();
    port.close();
  }
});
send({ kind: 'ready' });

function accept(request: Request): void {
  if (request === 'close') closing = true;
  else for (const job of request) queue.push(job);
}

function send(reply: Reply): void {
  port?.postMessage(reply);
}
