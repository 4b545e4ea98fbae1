// Relative times get older; loaded once the first may have.

/**
 * @param {import('./words.js').Words} w
 * @param {ParentNode} tree
 */
export function tick(w, tree) {
  for (const node of tree.querySelectorAll('time')) {
    const text = w.ago(new Date(node.dateTime));
    if (node.textContent !== text) node.textContent = text;
  }
}
