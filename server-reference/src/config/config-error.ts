/** A setting that cannot be: one line that names the flag or variable and the remedy. The process ends with code 2. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
