// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_main.c: the module comes and goes
 *
 * Order of coming: memory, namespaces, device; of going: the reverse.  The
 * module cannot go while /dev/pf is open anywhere.  Instances that are enabled
 * and have states do not keep it: they are shut down one by one.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "pf_linux.h"

/*
 * The bits of a packet's mark that are pf's.  The lowest tells a packet that pf has sent
 * to this host itself.
 */
static unsigned int	mark_mask = 0x80000000;
module_param(mark_mask, uint, 0444);
MODULE_PARM_DESC(mark_mask,
    "bits of the packet mark for pf's own use (default 0x80000000, 0: none)");

uint32_t	pf_mark_own __ro_after_init;

static int __init
pf_init(void)
{
	int	err;

	pf_mark_own = mark_mask & -mark_mask;
	err = pf_mem_init();
	if (err != 0)
		return (err);
	err = pf_net_init();
	if (err != 0)
		goto fail_mem;
	err = pf_dev_init();
	if (err != 0)
		goto fail_net;
	return (0);

fail_net:
	pf_net_fini();
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
	rcu_barrier();
	pf_mem_fini();
}

module_init(pf_init);
module_exit(pf_exit);

MODULE_AUTHOR("The pf for Linux authors");
MODULE_DESCRIPTION("OpenBSD's packet filter, pf");
MODULE_LICENSE("Dual BSD/GPL");
