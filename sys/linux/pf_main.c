// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_main.c: the module comes and goes
 *
 * Order of coming: memory, pflog, namespaces, /dev/pf; of going: the reverse.  The
 * module cannot go while /dev/pf is open anywhere.  Instances that are enabled
 * and have states do not keep it: they are shut down one by one.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "pf_linux.h"

/*
 * The bits of a packet's mark that are pf's, all in a row.  The lowest tells a packet
 * that pf has sent to this host itself; the others are the number of the packet's tag.
 */
static unsigned int	mark_mask = 0xffff8000;
module_param(mark_mask, uint, 0444);
MODULE_PARM_DESC(mark_mask,
    "bits of the packet mark for pf's own use, in a row (default 0xffff8000, 0: none)");

uint32_t	pf_mark_own __ro_after_init;
uint32_t	pf_mark_tag __ro_after_init;
unsigned int	pf_mark_shift __ro_after_init;

static int __init
pf_mark_init(void)
{
	pf_mark_own = mark_mask & -mark_mask;
	if (((mark_mask + pf_mark_own) & mark_mask) != 0) {
		pr_err("pf: the bits of mark_mask are not in a row\n");
		return (-EINVAL);
	}
	pf_mark_tag = mark_mask & ~pf_mark_own;
	pf_mark_shift = pf_mark_tag != 0 ? __ffs(pf_mark_tag) : 0;
	return (0);
}

uint32_t
pf_host_tags(struct pf *pf)
{
	return (pf_mark_tag >> pf_mark_shift);
}

static int __init
pf_init(void)
{
	int	err;

	err = pf_mark_init();
	if (err != 0)
		return (err);
	err = pf_mem_init();
	if (err != 0)
		return (err);
	err = pf_logdev_init();
	if (err != 0)
		goto fail_mem;
	err = pf_net_init();
	if (err != 0)
		goto fail_log;
	err = pf_dev_init();
	if (err != 0)
		goto fail_net;
	return (0);

fail_net:
	pf_net_fini();
fail_log:
	pf_logdev_fini();
fail_mem:
	rcu_barrier();
	pf_mem_fini();
	return (err);
}

/* Objects freed by RCU go back to their caches, by code of this module. */
static void __exit
pf_exit(void)
{
	pf_dev_fini();
	pf_net_fini();
	pf_logdev_fini();
	rcu_barrier();
	pf_mem_fini();
}

module_init(pf_init);
module_exit(pf_exit);

MODULE_AUTHOR("The pf for Linux authors");
MODULE_DESCRIPTION("OpenBSD's packet filter, pf");
MODULE_LICENSE("Dual BSD/GPL");
