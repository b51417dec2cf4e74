/* Huffman codes as deflate has them (RFC 1951, 3.2.2): lengths from how often each symbol occurs, codes from lengths. */
#ifndef CODEC_HUFFMAN_H
#define CODEC_HUFFMAN_H

#include <stdint.h>

#define MSK_HUFFMAN_MOST 288          /* symbols of a code */

/* The symbols of the code in which code lengths are written, in the order of their own lengths (3.2.7). */
#define MSK_HUFFMAN_ORDER 19
extern const uint8_t msk_huffman_order[MSK_HUFFMAN_ORDER];

/* Lengths of at most `limit` bits, 15 or less, for n symbols, 2 to MSK_HUFFMAN_MOST, of which symbol i occurs uses[i] < 2^22
 * times, and no more than 2^limit do at all; 0 where it does not. They make the code complete: where fewer than two symbols
 * occur, others of the first two have a code as well.
 *   Of all symbols and pairs the two that occur least are paired until one is left, a symbol before a pair that occurs as
 *   often, a lower symbol before a higher, an older pair before a newer. Depths beyond the limit are the limit; then, until
 *   the code is none too many, a symbol of the greatest depth below the limit and one at the limit become two one deeper
 *   than the former. The longest codes go to the symbols that occur least, of equals to the lowest. */
void msk_huffman_lengths(const uint32_t *uses, unsigned n, unsigned limit, uint8_t *lengths);

/* The codes of these lengths, the first bit lowest, as deflate writes them. */
void msk_huffman_codes(const uint8_t *lengths, unsigned n, uint16_t *codes);

#endif
