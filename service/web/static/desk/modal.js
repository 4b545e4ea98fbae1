// A dialog over the desk: it closes by Escape or by a click beside it, and leaves nothing behind.

/**
 * @param {HTMLDialogElement} dialog
 * @param {() => void} [closed]
 */
export function openModal(dialog, closed) {
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  // What it asks about is gone when another view is shown behind it.
  const leave = () => dialog.close();
  addEventListener('hashchange', leave);
  dialog.addEventListener('close', () => {
    removeEventListener('hashchange', leave);
    dialog.remove();
    closed?.();
  });
  document.body.append(dialog);
  dialog.showModal();
}
