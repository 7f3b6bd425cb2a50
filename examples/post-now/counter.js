const [box, counter] = [document.querySelector('textarea'), document.querySelector('output')];

async function count(text) {
  const { length, lengthMax } = await (await fetch('/count', { method: 'POST', body: text })).json();
  if (box.value !== text) return; // Somebody types faster than we count.
  counter.textContent = `${length} / ${lengthMax}`;
  counter.className = length > lengthMax ? 'bad' : '';
}

box?.addEventListener('input', () => void count(box.value));
