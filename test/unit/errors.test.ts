import { formatError } from '../../src/cli/formatError.ts';
import { BatonError, exitCodeOf } from '../../src/errors.ts';

const withCode = (message: string, code: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });

describe('the exit code of an error', () => {
  it.each([
    ['is that of its code', new BatonError('usage-invalid', 'x'), 64],
    ['is that of a code among its causes', new Error('x', { cause: new BatonError('tls-invalid', 'y') }), 78],
    ['is that of a bug for a code of the system', withCode('connect ECONNREFUSED', 'ECONNREFUSED'), 70],
    ['is that of a bug for anything thrown', 'x', 70],
  ])('%s', (_, error, exitCode) => {
    expect(exitCodeOf(error)).toBe(exitCode);
  });
});

describe('the text of an error', () => {
  it('has the causes that add something, on one line', () => {
    const root = new Error('bind EACCES\n 127.0.0.1:80');
    const error = new Error('cannot start', { cause: new Error('cannot start', { cause: root }) });
    expect(formatError(error)).toBe('baton: cannot start: bind EACCES 127.0.0.1:80\n');
  });

  it('advises where an address cannot be listened on', () => {
    const cause = withCode('bind EACCES 127.0.0.1:80', 'EACCES');
    const text = formatError(new BatonError('listen-failed', 'cannot listen on 127.0.0.1:80', { cause }));
    expect(text).toMatch(
      /^baton: cannot listen on 127\.0\.0\.1:80: bind EACCES 127\.0\.0\.1:80 \(.*higher one\)\n$/,
    );
  });

  it('gives that advice on no other failure', () => {
    const cause = withCode('open EACCES /x', 'EACCES');
    expect(formatError(new BatonError('endpoints-unreadable', 'no', { cause }))).toBe(
      'baton: no: open EACCES /x\n',
    );
  });

  it('has the details on lines of their own', () => {
    const error = new BatonError('config-invalid', '2 problems', { details: ['one', 'two'] });
    expect(formatError(error)).toBe('baton: 2 problems\n  one\n  two\n');
  });

  it('ends where causes form a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(formatError(error)).toBe('baton: round\n');
  });
});
