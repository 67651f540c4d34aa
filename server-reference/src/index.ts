/** The package for whoever embeds the server or signs tokens for it. */
export { signToken, type TokenOptions } from './auth/sign-token.ts';
export { type Config, completeConfig, type Settings } from './config/config.ts';
export { ConfigError } from './config/config-error.ts';
export { type RunningServer, type Surroundings, startServer } from './server.ts';
export { VERSION } from './version.ts';
export type { Detector, DetectorFactory, Picture } from './vision/detector.ts';
