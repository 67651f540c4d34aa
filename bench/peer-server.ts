/** The signaling server of peerjs. Prints its address. */
import { PeerServer } from 'peer';

PeerServer({ host: '127.0.0.1', port: 0, path: '/' }, (server) => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The peerjs server has no port.');
  console.log(`http://127.0.0.1:${address.port}`);
});
process.once('SIGTERM', () => process.exit(0));
