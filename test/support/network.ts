/**
 * A small network of its own: namespaces as hosts, each on a cable to one switch. Cables can be pulled, made to lose everything, and
 * moved to another address. Linux, root only.
 */
import { spawnSync } from 'node:child_process';
import { findIp } from '../../tools/find-program.ts';

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr.trim()}`);
}

const ip = (...args: string[]): void => run(findIp(), ...args);

/** Why no network can be made here; false where it can. */
export function noNetwork(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'Network namespaces need Linux and root.';
  const name = `gc${process.pid}-try`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'delete', name);
    return false;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export class Host {
  readonly namespace: string;
  readonly #switch: string;
  readonly #port: string;
  #address: string;

  constructor(namespace: string, hub: string, port: string, address: string) {
    this.namespace = namespace;
    this.#switch = hub;
    this.#port = port;
    this.#address = address;
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('-n', hub, 'link', 'set', port, 'master', 'switch', 'up');
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  }

  get address(): string {
    return this.#address;
  }

  /** What a command is run by, to run on this host. */
  get launcher(): readonly string[] {
    return [findIp(), 'netns', 'exec', this.namespace];
  }

  /** Everything is lost behind the first cable: the host itself sees nothing of it. */
  cut(): void {
    ip('-n', this.#switch, 'link', 'set', this.#port, 'nomaster');
  }

  mend(): void {
    ip('-n', this.#switch, 'link', 'set', this.#port, 'master', 'switch');
  }

  /** The cable is pulled: the host knows that it has no network. */
  unplug(): void {
    ip('-n', this.#switch, 'link', 'set', this.#port, 'down');
  }

  plug(): void {
    ip('-n', this.#switch, 'link', 'set', this.#port, 'up');
  }

  /** What it sends is held to so many bits a second, behind a modem that holds back up to a third of a second. */
  narrow(bitsPerSecond: number): void {
    this.#shape('replace', 'dev', 'eth0', 'root', 'tbf', 'rate', `${bitsPerSecond}bit`, 'burst', '8kb', 'latency', '333ms');
  }

  widen(): void {
    this.#shape('delete', 'dev', 'eth0', 'root');
  }

  #shape(...args: string[]): void {
    const [command = '', ...rest] = this.launcher;
    run(command, ...rest, 'tc', 'qdisc', ...args);
  }

  /** Another network, as when a phone goes from one to the next. */
  readdress(address: string): void {
    // The old one first: with the first address of a network all others of it would go.
    ip('-n', this.namespace, 'address', 'delete', `${this.#address}/24`, 'dev', 'eth0');
    ip('-n', this.namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    this.#address = address;
  }
}

export class Network {
  readonly #prefix = `gc${process.pid}`;
  readonly #hub = `${this.#prefix}-hub`;
  readonly #hosts: Host[] = [];

  constructor() {
    ip('netns', 'add', this.#hub);
    ip('-n', this.#hub, 'link', 'add', 'switch', 'type', 'bridge', 'forward_delay', '0');
    ip('-n', this.#hub, 'link', 'set', 'switch', 'up');
  }

  /** @param address IPv4, in one /24 with the others */
  host(name: string, address: string): Host {
    const host = new Host(`${this.#prefix}-${name}`, this.#hub, `port${this.#hosts.length}`, address);
    this.#hosts.push(host);
    return host;
  }

  /** End what runs on the hosts first. */
  close(): void {
    for (const { namespace } of this.#hosts) ip('netns', 'delete', namespace);
    ip('netns', 'delete', this.#hub);
  }
}
