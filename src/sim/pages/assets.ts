/**
 * Looks for news every two seconds and puts them in place. It leaves the page alone while somebody types in it, and
 * when the simulator is gone it says so.
 */
export const REFRESH_SCRIPT = `
const EVERY_MS = 2000;
async function refresh() {
  if (document.hidden || document.activeElement?.matches('input, select, textarea, summary')) return;
  try {
    const answer = await fetch('/', { headers: { accept: 'text/html' } });
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    const main = document.querySelector('main');
    document.body.classList.remove('gone');
    if (next === null || main.innerHTML === next.innerHTML) return;
    const focused = document.activeElement?.id;
    main.replaceChildren(...next.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  } catch {
    document.body.classList.add('gone');
  }
}
setInterval(refresh, EVERY_MS);
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="8" width="26" height="16" rx="3" fill="#3b6ef5"/><path d="M20 8v16" stroke="#fff" stroke-width="2" stroke-dasharray="2 2.4"/><circle cx="11.500" cy="16" r="3.500" fill="#fff"/></svg>`;
