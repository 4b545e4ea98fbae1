// Changes that must not move what somebody is reading or writing.

/**
 * What scrolls the element: the page, or a part of it.
 * @param {Element} from
 * @returns {HTMLElement}
 */
function scrollerOf(from) {
  /** @type {Element | null} */
  let at = from;
  while (at) {
    const root = at.getRootNode();
    at = at.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
    if (at && at !== document.body && at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) break;
  }
  return /** @type {HTMLElement} */ (at ?? document.scrollingElement ?? document.documentElement);
}

/**
 * How to find again what is looked at: the field that is written in, else the first comment that begins
 * in view, else the innermost that fills the view, else what follows the whole element.
 * @param {import('./comments.js').Comments} thread
 * @param {Element} scroller
 * @returns {() => number} where it is, in pixels below the top of the view
 */
function anchorOf(thread, scroller) {
  const root = /** @type {ShadowRoot} */ (thread.box.getRootNode());
  const view = { top: 0, bottom: innerHeight };
  if (scroller !== document.scrollingElement) {
    const { top, bottom } = scroller.getBoundingClientRect();
    view.top = Math.max(top, view.top);
    view.bottom = Math.min(bottom, view.bottom);
  }
  const inView = (/** @type {Element} */ node) => {
    const { top, bottom } = node.getBoundingClientRect();
    return bottom > view.top && top < view.bottom;
  };
  const focused = root.activeElement;
  if (focused?.matches('input, textarea') && inView(focused)) return () => focused.getBoundingClientRect().top;
  // Halving, and not asking each of maybe thousands of comments where it is: they stand in order.
  const roots = thread.list.querySelectorAll(':scope > article');
  let from = 0;
  for (let to = roots.length; from < to; ) {
    const middle = (from + to) >> 1;
    if (/** @type {Element} */ (roots[middle]).getBoundingClientRect().bottom > view.top) to = middle;
    else from = middle + 1;
  }
  /** @type {Element | undefined} */
  let anchor;
  for (let at = roots[from]; at && inView(at); at = roots[++from]) {
    for (const node of [at, ...at.querySelectorAll('article')]) {
      if (!inView(node)) continue;
      anchor = node;
      if (node.getBoundingClientRect().top >= view.top) return () => node.getBoundingClientRect().top;
    }
  }
  const found = anchor;
  if (found) return () => found.getBoundingClientRect().top;
  const { bottom } = thread.box.getBoundingClientRect();
  return bottom <= 0 ? () => thread.box.getBoundingClientRect().bottom : () => thread.box.getBoundingClientRect().top;
}

/**
 * Makes a change and scrolls by what it moved. The browser's own anchoring is off meanwhile: not every
 * browser has it, and both together would move the page twice.
 * @param {import('./comments.js').Comments} thread
 * @param {() => void} change
 */
export function steady(thread, change) {
  const scroller = scrollerOf(thread.box);
  const where = anchorOf(thread, scroller);
  const before = where();
  const usual = scroller.style.overflowAnchor;
  scroller.style.overflowAnchor = 'none';
  const hold = () => {
    const moved = where() - before;
    // Not smoothly, even where the page says so.
    if (Math.abs(moved) > 0.5) scroller.scrollTo({ top: scroller.scrollTop + moved, behavior: 'instant' });
  };
  change();
  hold();
  // What is out of view gets its height within the next frames only, and moves the rest once more.
  let frames = 4;
  const settle = () => {
    hold();
    if (--frames) requestAnimationFrame(settle);
    else scroller.style.overflowAnchor = usual;
  };
  requestAnimationFrame(settle);
}
