// The floor of a start: a page that has nothing to load and nothing to say.
const item = document.createElement('button');
item.className = 'list-entry';
item.textContent = 'floor';
document.body.append(item);
