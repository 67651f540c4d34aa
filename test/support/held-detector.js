/**
 * A detector that says when it has a picture and answers when it is told to, over a channel that all threads of the process hear; for tests of a whole
 * server.
 */
const channel = new BroadcastChannel('held-detector');
channel.unref();

export default () => ({
  detect: () =>
    new Promise((resolve) => {
      channel.onmessage = ({ data }) => {
        if (data === 'answer') resolve([]);
      };
      // Otherwise the thread would have nothing to wait for.
      channel.ref();
      channel.postMessage('begun');
    }),
  close: () => channel.close(),
});
