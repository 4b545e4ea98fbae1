// Which comments are selected: their boxes say.

/**
 * @param {HTMLElement} list
 * @returns {HTMLElement[]}
 */
export function selected(list) {
  const boxes = list.querySelectorAll('.card:not(.done) input[name="pick"]:checked');
  return [...boxes].map((box) => /** @type {HTMLElement} */ (box.closest('.card')));
}

/**
 * Turns a comment's selection, or selects all from another one to it.
 * @param {HTMLElement} list
 * @param {HTMLElement | null} to
 * @param {HTMLElement | null} since
 * @returns {boolean} whether there was anything to select
 */
export function pick(list, to, since) {
  const open = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('.card:not(.done)')]);
  const end = to ? open.indexOf(to) : -1;
  if (end < 0) return false;
  const begin = since ? open.indexOf(since) : -1;
  const nodes = begin < 0 ? [open[end]] : open.slice(Math.min(begin, end), Math.max(begin, end) + 1);
  for (const node of nodes) {
    const box = /** @type {HTMLInputElement} */ (node.querySelector('input[name="pick"]'));
    box.checked = begin >= 0 || !box.checked;
  }
  return true;
}
