/** Whether there is a GPU to try. */

/**
 * Renderers that draw WebGL on the CPU. The GPU delegate would run its networks on the same cores as the CPU's, by way of shaders: trying that costs over
 * a second for an answer that is known (50 ms a detection against 5, measured with SwiftShader).
 */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|\bwarp\b/i;

export function hasGpu(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const context = new OffscreenCanvas(1, 1).getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (context === null) return false;
  const named = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(context.getParameter(named === null ? context.RENDERER : named.UNMASKED_RENDERER_WEBGL));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !SOFTWARE.test(renderer);
}
