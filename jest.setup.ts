import { jest } from '@jest/globals';

// A machine that others share may stand still for a second: there a failure counts when it repeats. Each is printed.
if (process.env['CI']) jest.retryTimes(2, { logErrorsBeforeRetry: true });
