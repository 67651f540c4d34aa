/** Why a token was refused; the code is what goes over the wire. */
export class AuthError extends Error {
  readonly code: 'unauthorized' | 'token-expired';

  constructor(code: 'unauthorized' | 'token-expired', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AuthError';
    this.code = code;
  }
}
