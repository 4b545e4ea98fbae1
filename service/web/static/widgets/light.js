// Leads the eye to one comment, and says what others see.

import { sheet } from './dom.js';

/** @param {HTMLElement} node gets the focus, too */
export function light(node) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  node.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
  node.focus({ preventScroll: true });
  // What is around it gets its height when it comes into view, and may push it out again.
  let frames = calm ? 12 : 0;
  const stay = () => {
    const { top, bottom } = node.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) node.scrollIntoView({ block: 'center' });
    if (--frames > 0) requestAnimationFrame(stay);
  };
  if (calm) requestAnimationFrame(stay);
  node.classList.add('lit');
  setTimeout(() => node.classList.remove('lit'), 3_000);
  sheet(/** @type {ShadowRoot} */ (node.getRootNode()), 'more.css');
}

/**
 * @param {import('./comments.js').Comments} thread
 * @param {string} text said to those who can't see it happen
 */
export function announce({ live }, text) {
  live.textContent = '';
  setTimeout(() => (live.textContent = text), 50);
}
