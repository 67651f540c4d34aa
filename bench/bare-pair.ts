/**
 * The floor for everything: two RTCPeerConnections in one page, with nothing between them. With `mirror` the page shows the own picture
 * as well, as every call does; without a graphics card that costs as much as the connection. Runs in the page.
 */
export async function startBarePair(video: HTMLVideoElement, mirror = false): Promise<number> {
  const started = performance.now();
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  if (mirror) {
    const own = document.createElement('video');
    Object.assign(own, { autoplay: true, muted: true, srcObject: stream });
    document.body.append(own);
  }
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate ?? undefined);
  to.onicecandidate = ({ candidate }) => from.addIceCandidate(candidate ?? undefined);
  to.ontrack = ({ streams: [remote] }) => {
    video.srcObject = remote ?? null;
  };
  const shown = new Promise<number>((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - started)));
  for (const track of stream.getTracks()) from.addTrack(track, stream);
  await from.setLocalDescription();
  if (from.localDescription) await to.setRemoteDescription(from.localDescription);
  await to.setLocalDescription();
  if (to.localDescription) await from.setRemoteDescription(to.localDescription);
  return shown;
}
