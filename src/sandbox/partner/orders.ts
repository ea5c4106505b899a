import { isObject, parseJson } from './personal.ts';

/** Documented. */
const MAX_ORDERS = 10;
/** Without these nothing can be delivered (inferred). */
const ADDRESS = ['name', 'address1', 'city', 'zip', 'country'];

/** Named by its ean or by the partner's own reference (documented). */
type Product = ({ ean: string } | { partner_ref: string }) & { quantity: number };

export interface Order {
  customer_ref_id: string;
  products: Product[];
  deliverable: boolean;
}

/** The list of orders; undefined where it is not one. */
export function readOrders(text: string): Order[] | undefined {
  const list = parseJson(text);
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_ORDERS) return undefined;
  const orders = list.flatMap((item: unknown) => readOrder(item) ?? []);
  return orders.length === list.length ? orders : undefined;
}

function readOrder(item: unknown): Order | undefined {
  if (!isObject(item) || !isText(item.customer_ref_id) || !Array.isArray(item.products)) return undefined;
  const products = item.products.flatMap((product: unknown) => readProduct(product) ?? []);
  if (products.length === 0 || products.length !== item.products.length) return undefined;
  const { address } = item;
  const deliverable = isObject(address) && ADDRESS.every((name) => isText(address[name]));
  return { customer_ref_id: item.customer_ref_id, products, deliverable };
}

function readProduct(product: unknown): Product | undefined {
  if (!isObject(product)) return undefined;
  const { ean, partner_ref } = product;
  const quantity = Number(product.quantity);
  if (!Number.isSafeInteger(quantity) || quantity < 1) return undefined;
  if (isText(ean)) return { ean, quantity };
  return isText(partner_ref) ? { partner_ref, quantity } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
