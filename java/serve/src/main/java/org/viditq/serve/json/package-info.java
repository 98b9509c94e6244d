/** Requests as typed, bounded fields. */
package org.viditq.serve.json;
