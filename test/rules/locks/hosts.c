// Hosts of SD cards that are claimed.

#include <linux/mmc/host.h>
#include <linux/mmc/sdio_func.h>

struct radio {
	struct sdio_func *func;
	struct mmc_host *host;
	atomic_t stop;
	int state;
};

int radio_start(struct radio *radio)
{
	int ret;

	sdio_claim_host(radio->func);
	ret = sdio_enable_func(radio->func);
	if (ret)
		goto out;
	radio->state = 1;
out:
	sdio_release_host(radio->func);
	return ret;
}

int radio_start_bad(struct radio *radio)
{
	int ret;

	sdio_claim_host(radio->func);
	ret = sdio_enable_func(radio->func);
	if (ret)
		return ret; /* expect: lock-held-at-return */
	radio->state = 1;
	sdio_release_host(radio->func);
	return 0;
}

int radio_twice(struct radio *radio)
{
	sdio_claim_host(radio->func);
	sdio_claim_host(radio->func);
	radio->state = 2;
	sdio_release_host(radio->func);
	sdio_release_host(radio->func);
	return 0;
}

int radio_poll(struct radio *radio)
{
	int ret = __mmc_claim_host(radio->host, NULL, &radio->stop);

	if (ret)
		return ret;
	radio->state = 3;
	mmc_release_host(radio->host);
	return 0;
}

int radio_release_bad(struct radio *radio)
{
	mmc_claim_host(radio->host);
	mmc_release_host(radio->host);
	if (radio->state)
		mmc_release_host(radio->host); /* expect: unlock-without-lock */
	return 0;
}

void radio_get_card(struct mmc_card *card)
{
	__mmc_claim_host(card->host, NULL, NULL);
}

void radio_put_card(struct mmc_card *card)
{
	struct mmc_host *host = card->host;

	mmc_release_host(host);
}
