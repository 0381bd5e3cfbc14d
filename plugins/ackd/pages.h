/* pages - the page templates and their style, compiled in from plugins/ackd/pages/. */
#ifndef ACKD_PAGES_H
#define ACKD_PAGES_H

extern const unsigned char PAGE_frame[];
extern const unsigned char PAGE_alert[];
extern const unsigned char PAGE_board[];
extern const unsigned char PAGE_notice[];
extern const unsigned char PAGE_style[];

#endif
