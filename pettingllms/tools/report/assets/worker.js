/* Looks through one block at a time, beside the page. */

onmessage = async ({ data }) => {
  try {
    postMessage({ id: data.id, rows: await rowsWith(data) });
  } catch (error) {
    postMessage({ id: data.id, error: error.message });
  }
};
