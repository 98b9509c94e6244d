package org.viditq.core.text;

import java.util.Optional;

/**
 * A text as the text encoder sees it.
 *
 * @param ids piece ids, special tokens around them, and padding; as long as was asked for
 * @param mask 1 for pieces and special tokens, 0 for padding
 * @param removed the end of the text that did not fit, if it was too long
 */
public record TokenizedText(int[] ids, int[] mask, Optional<String> removed) {}
