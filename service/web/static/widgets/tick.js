// Relative times get older.

/**
 * @param {import('./words.js').Words} w
 * @param {ParentNode} tree
 * @param {AbortSignal} signal ends it
 */
export function tick(w, tree, signal) {
  const timer = setInterval(() => {
    for (const node of tree.querySelectorAll('time')) {
      const text = w.ago(new Date(node.dateTime));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 30_000);
  signal.addEventListener('abort', () => clearInterval(timer));
}
