/**
 * Finds the programs that tests need and that npm does not bring. Where one is missing and this is root on Debian or Ubuntu, it is
 * installed; elsewhere one line says what to install.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

interface Program {
  readonly name: string;
  /** An environment variable that names the file, and wins. */
  readonly variable: string;
  readonly commands: readonly string[];
  /** Where installers put it when it is not in PATH. */
  readonly places: readonly string[];
  readonly debianPackage: string;
}

const CHROME: Program = {
  name: 'Chrome, Chromium or Edge',
  variable: 'CHROME_PATH',
  commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'microsoft-edge-stable'],
  places: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
  debianPackage: 'chromium',
};

const FFMPEG: Program = { name: 'ffmpeg', variable: 'FFMPEG_PATH', commands: ['ffmpeg'], places: [], debianPackage: 'ffmpeg' };
const FIREFOX: Program = {
  name: 'Firefox',
  variable: 'FIREFOX_PATH',
  commands: ['firefox-esr', 'firefox'],
  places: ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
  debianPackage: 'firefox-esr',
};

const IP: Program = {
  name: 'the ip command of iproute2',
  variable: 'IP_PATH',
  commands: ['ip'],
  places: ['/usr/sbin/ip', '/sbin/ip'],
  debianPackage: 'iproute2',
};

const PULSEAUDIO: Program = {
  name: 'PulseAudio',
  variable: 'PULSEAUDIO_PATH',
  commands: ['pulseaudio'],
  places: [],
  debianPackage: 'pulseaudio',
};

const FFPROBE: Program = { name: 'ffprobe', variable: 'FFPROBE_PATH', commands: ['ffprobe'], places: [], debianPackage: 'ffmpeg' };

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function locate({ commands, places }: Pick<Program, 'commands' | 'places'>): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const inPath = commands.flatMap((command) => folders.map((folder) => path.join(folder, command)));
  return [...inPath, ...places].find(isExecutable);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && locate({ commands: ['apt-get'], places: [] }) !== undefined;
}

function install(program: Program): void {
  console.log(`Installing ${program.debianPackage} (no ${program.name} was found) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    // Another installation may be under way.
    ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '-qq', program.debianPackage],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed: ${stderr.trim()}`);
  }
}

function find(program: Program): string {
  const named = process.env[program.variable];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`${program.variable} names ${named}, which is not an executable file.`);
    return named;
  }
  const found = locate(program);
  if (found !== undefined) return found;
  if (canInstall()) {
    install(program);
    const installed = locate(program);
    if (installed !== undefined) return installed;
  }
  throw new Error(`The tests need ${program.name}: install it, or set ${program.variable} to its file.`);
}

/** The file of an installed Chromium-family browser. */
export const findChrome = (): string => find(CHROME);

/** The file of an installed Firefox. */
export const findFirefox = (): string => find(FIREFOX);

/** The file of the `ip` command, which makes network namespaces. Linux only. */
export const findIp = (): string => find(IP);

/** Why a program cannot be had, for tests that are left out without it; false when it is there. */
export function missing(search: () => string): string | false {
  try {
    search();
    return false;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The file of ffmpeg. */
export const findFfmpeg = (): string => find(FFMPEG);

/** The file of ffprobe, which comes with ffmpeg. */
export const findFfprobe = (): string => find(FFPROBE);

/** The file of PulseAudio, the sound server. Linux only. */
export const findPulseAudio = (): string => find(PULSEAUDIO);
