import { expect, test } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { ANONYMOUS, type Outcome, UnavailableError } from '@app/call';
import { aCall } from '@testing/call';
import { PipelineService } from './pipeline.service.js';

type Parts = ConstructorParameters<typeof PipelineService>;

test('what was reserved goes back though nothing can take the row of the call', async () => {
  const settled: Outcome[] = [];
  const limits = { admit: () => ({ settle: (outcome: Outcome) => settled.push(outcome) }) };
  const ledger = { open: () => undefined, close: () => Promise.reject(new UnavailableError('no row')) };
  const pipeline = new PipelineService(
    {} as Parts[0],
    limits as unknown as Parts[1],
    ledger as unknown as Parts[2],
    {} as Parts[3],
  );
  const client = new ServerResponse(new IncomingMessage(new Socket()));
  const call = aCall({ caller: ANONYMOUS });
  await expect(pipeline.book(call, client, () => Promise.resolve())).rejects.toThrow('no row');
  expect(settled).toMatchObject([{ call: { id: call.id } }]);
});
